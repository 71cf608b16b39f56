-- Notices the owner can answer with "this was not me": one link an event, a frozen account, and the methods of before kept for a while.

-- Who froze the account: 'owner' (by the link of a notice; thawed by signing in), 'application' or 'administrator' (thawed by them).
ALTER TABLE account ADD COLUMN frozen_by TEXT;
-- The earliest event the owner disavowed: methods count as they stood before it.
ALTER TABLE account ADD COLUMN frozen_before INTEGER;
-- When the mail provider last refused a mail to this address for good; empty again as soon as one is accepted.
ALTER TABLE account ADD COLUMN mail_refused_at INTEGER;

-- A removed method is kept for as long as its removal can be undone; one that was lost or stolen is never accepted again.
ALTER TABLE authenticator ADD COLUMN removed_at INTEGER;
ALTER TABLE authenticator ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;

-- Whether this browser completed a second factor (and so has a budget of its own), or only a sign-in (and so is not new to the owner).
ALTER TABLE device ADD COLUMN second_factor INTEGER NOT NULL DEFAULT 1;

-- The link "this was not me" of one notice: one event, once. Only a hash of its secret is kept.
CREATE TABLE undo_link (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  link_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  event TEXT NOT NULL,
  device_label TEXT NOT NULL,
  happened_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (account_id, link_id)
);

CREATE INDEX undo_link_expiry ON undo_link (expires_at);
