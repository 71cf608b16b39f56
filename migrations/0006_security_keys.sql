-- A security key or passkey (WebAuthn): its public key as the library keeps it, sealed, with the number of that format beside it. A
-- credential belongs to one account of the whole instance. The counter stands apart, so that only a higher one is ever written.
CREATE TABLE webauthn (
  account_id BLOB NOT NULL,
  authenticator_id BLOB NOT NULL,
  credential_hash BLOB NOT NULL,
  format INTEGER NOT NULL,
  credential BLOB NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY (account_id, authenticator_id)
);
CREATE UNIQUE INDEX webauthn_credential ON webauthn (credential_hash);

-- What a key was asked: the challenge and what it is bound to, for five minutes and for one answer. The id says within what, and what for.
CREATE TABLE webauthn_ceremony (
  account_id BLOB NOT NULL,
  ceremony_id BLOB NOT NULL,
  format INTEGER NOT NULL,
  state BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, ceremony_id)
);
CREATE INDEX webauthn_ceremony_expiry ON webauthn_ceremony (expires_at);
