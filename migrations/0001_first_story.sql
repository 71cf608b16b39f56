-- The first story: accounts, passwords, authenticator apps, backup codes, sign-ins, sessions, limits, mail.
-- One text for SQLite and PostgreSQL: INTEGER is 64 bits, times are milliseconds since 1970 UTC.
-- Every table an account owns starts its key with account_id, so that accounts can be spread over shards later.

CREATE TABLE data_key (
  key_id INTEGER NOT NULL,
  wrapped BLOB NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (key_id)
);

-- A fact about the whole instance, such as the hash of the first administrator's link.
CREATE TABLE instance_fact (
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
);

-- Global uniqueness lives here alone: kind 'email' (keyed hash of the mailbox) or 'ext' (keyed hash of application and external id).
CREATE TABLE identifier (
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  account_id BLOB NOT NULL,
  PRIMARY KEY (kind, value)
);

CREATE TABLE application (
  application_id BLOB NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (application_id)
);

CREATE TABLE api_key (
  application_id BLOB NOT NULL REFERENCES application (application_id),
  key_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  label TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (application_id, key_id)
);

CREATE TABLE organization (
  organization_id BLOB NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id)
);

CREATE TABLE account (
  account_id BLOB NOT NULL,
  application_id BLOB,
  external_id BLOB,
  role TEXT NOT NULL,
  name BLOB NOT NULL,
  email BLOB,
  email_verified_at INTEGER,
  enrolment_required INTEGER NOT NULL,
  frozen_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id)
);

CREATE TABLE membership (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  organization_id BLOB NOT NULL REFERENCES organization (organization_id),
  role TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, organization_id)
);

-- An invitation to sign up; the link carries the id and a secret of which only the hash is kept.
CREATE TABLE invitation (
  invitation_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  email BLOB,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (invitation_id)
);

CREATE TABLE password (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  hash BLOB NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id)
);

-- What is common to every bound second factor; each kind keeps its own secret in its own table.
CREATE TABLE authenticator (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  authenticator_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  state TEXT NOT NULL,
  preferred INTEGER NOT NULL,
  replaces BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  activated_at INTEGER,
  last_used_at INTEGER,
  PRIMARY KEY (account_id, authenticator_id)
);

CREATE TABLE totp (
  account_id BLOB NOT NULL,
  authenticator_id BLOB NOT NULL,
  secret BLOB NOT NULL,
  algorithm TEXT NOT NULL,
  digits INTEGER NOT NULL,
  period INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  PRIMARY KEY (account_id, authenticator_id),
  FOREIGN KEY (account_id, authenticator_id) REFERENCES authenticator (account_id, authenticator_id)
);

CREATE TABLE backup_code_sheet (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  sheet INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  checked_at INTEGER,
  PRIMARY KEY (account_id, sheet)
);

CREATE TABLE backup_code (
  account_id BLOB NOT NULL,
  code_mac BLOB NOT NULL,
  sheet INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  sealed BLOB,
  used_at INTEGER,
  PRIMARY KEY (account_id, code_mac),
  UNIQUE (account_id, sheet, ordinal),
  FOREIGN KEY (account_id, sheet) REFERENCES backup_code_sheet (account_id, sheet)
);

-- Failures of one account in one bucket. The account may be a phantom (an address nobody has), so that known and unknown
-- addresses cost and answer the same; hence no foreign key.
CREATE TABLE throttle (
  account_id BLOB NOT NULL,
  bucket TEXT NOT NULL,
  in_a_row INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  failures BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, bucket)
);

-- Spending by subjects that are not accounts: networks, mailboxes, the instance.
CREATE TABLE budget (
  kind TEXT NOT NULL,
  subject BLOB NOT NULL,
  window_start INTEGER NOT NULL,
  used INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (kind, subject, window_start)
);

-- A code that was mailed: one live code per sign-in (or session) and purpose.
CREATE TABLE challenge (
  account_id BLOB NOT NULL,
  challenge_id BLOB NOT NULL,
  purpose TEXT NOT NULL,
  code_mac BLOB NOT NULL,
  tries_left INTEGER NOT NULL,
  payload BLOB,
  resend_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  consumed_at INTEGER,
  PRIMARY KEY (account_id, challenge_id, purpose)
);

-- A sign-in whose first factor is proven. Before that its whole state is sealed in its token.
CREATE TABLE sign_in (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  sign_in_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  purpose TEXT NOT NULL,
  first_factor TEXT NOT NULL,
  first_factor_at INTEGER NOT NULL,
  mailbox_proved_at INTEGER,
  second_factor TEXT,
  second_factor_id BLOB,
  second_factor_at INTEGER,
  wrong_codes INTEGER NOT NULL,
  return_to TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, sign_in_id)
);

CREATE TABLE session (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  session_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  first_factor TEXT NOT NULL,
  second_factor TEXT,
  rests_on BLOB,
  first_factor_at INTEGER NOT NULL,
  second_factor_at INTEGER,
  step_up_failures INTEGER NOT NULL,
  device_label TEXT NOT NULL,
  network BLOB,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, session_id)
);

-- A browser or API caller that once completed a second factor: it has a budget of its own.
CREATE TABLE device (
  account_id BLOB NOT NULL REFERENCES account (account_id),
  device_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  known_until INTEGER NOT NULL,
  PRIMARY KEY (account_id, device_id)
);

-- Each account's events are a hash chain: hash = SHA-256(previous, seq, at, kind, commitment), commitment = SHA-256(salt, body).
-- Erasure drops salt and body; the chain still checks.
CREATE TABLE audit_event (
  account_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  salt BLOB,
  body TEXT,
  commitment BLOB NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (account_id, seq)
);

CREATE TABLE audit_head (
  account_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (account_id)
);

CREATE TABLE outbox (
  account_id BLOB NOT NULL,
  message_id BLOB NOT NULL,
  channel TEXT NOT NULL,
  template TEXT NOT NULL,
  sealed BLOB,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (account_id, message_id)
);

CREATE INDEX outbox_due ON outbox (state, due_at);
CREATE INDEX sign_in_expiry ON sign_in (expires_at);
CREATE INDEX session_expiry ON session (expires_at);
CREATE INDEX challenge_expiry ON challenge (expires_at);
CREATE INDEX budget_end ON budget (ends_at);
CREATE INDEX throttle_age ON throttle (updated_at);
