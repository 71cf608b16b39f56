-- A phone that gets codes as text messages. The number is sealed; the keyed hash beside it tells numbers apart.
CREATE TABLE sms (
  account_id BLOB NOT NULL,
  authenticator_id BLOB NOT NULL,
  number BLOB NOT NULL,
  number_mac BLOB NOT NULL,
  confirmed_at INTEGER,
  PRIMARY KEY (account_id, authenticator_id)
);

-- A texted code: one live code within one sign-in, session or half-done method, and for one purpose.
CREATE TABLE sms_code (
  account_id BLOB NOT NULL,
  ceremony_id BLOB NOT NULL,
  authenticator_id BLOB NOT NULL,
  message_id BLOB NOT NULL,
  code_mac BLOB NOT NULL,
  tries_left INTEGER NOT NULL,
  resend_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, ceremony_id)
);
CREATE INDEX sms_code_expiry ON sms_code (expires_at);

-- Text messages on their way, and what became of them. What one says is wiped once it has left.
CREATE TABLE text_message (
  account_id BLOB NOT NULL,
  message_id BLOB NOT NULL,
  prefix TEXT NOT NULL,
  sealed BLOB,
  state TEXT NOT NULL,
  provider TEXT,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, message_id)
);
CREATE INDEX text_message_due ON text_message (state, due_at);
CREATE INDEX text_message_age ON text_message (created_at);

-- Codes texted to, and typed from, numbers that begin alike (country code and four digits), hour by hour; those of numbers that were only
-- being set up stand apart as well, since bought numbers are never more than that.
CREATE TABLE text_prefix (
  prefix TEXT NOT NULL,
  hour INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  entered INTEGER NOT NULL,
  set_ups INTEGER NOT NULL,
  proven INTEGER NOT NULL,
  stopped INTEGER NOT NULL,
  PRIMARY KEY (prefix, hour)
);

-- Beginnings of numbers that get no texts for a while, because too few of their codes were typed.
CREATE TABLE text_stop (
  prefix TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (prefix)
);
