-- The record: chains that say whose they are, sealed bodies, and signed checkpoints over the heads of all chains.

-- Salt and body of an event, sealed together. The columns salt and body are no longer written; a step at start moves what is in them here.
ALTER TABLE audit_event ADD COLUMN sealed BLOB;

-- For the list over all accounts, newest first.
CREATE INDEX audit_event_time ON audit_event (at, account_id, seq);

-- What the chain belongs to: 'account', 'organization' or 'instance' (whose id is all zeros).
ALTER TABLE audit_head ADD COLUMN chain TEXT NOT NULL DEFAULT 'account';
-- Whether events came since the last checkpoint.
ALTER TABLE audit_head ADD COLUMN changed INTEGER NOT NULL DEFAULT 1;

CREATE INDEX audit_head_changed ON audit_head (account_id) WHERE changed = 1;

-- The one key that signs checkpoints; its account is the instance's, all zeros.
CREATE TABLE audit_key (
  account_id BLOB NOT NULL,
  public_key BLOB NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id)
);

CREATE TABLE audit_checkpoint (
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  previous BLOB NOT NULL,
  root BLOB NOT NULL,
  chains INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (number)
);

-- What each checkpoint anchors: a chain, up to this event with this hash.
CREATE TABLE audit_anchor (
  account_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  chain TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (account_id, number)
);

CREATE INDEX audit_anchor_number ON audit_anchor (number, account_id);

-- The checkpoint that is being gathered, and who gathers it. One row.
CREATE TABLE audit_round (
  round INTEGER NOT NULL,
  number INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  worker BLOB NOT NULL,
  claimed_until INTEGER NOT NULL,
  PRIMARY KEY (round)
);
