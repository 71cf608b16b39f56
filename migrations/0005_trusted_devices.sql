-- A trusted device is a known one where the second factor is not asked: since when, and until when.
ALTER TABLE device ADD COLUMN trusted_at INTEGER;
ALTER TABLE device ADD COLUMN trusted_until INTEGER;

-- The token of a trusted device changes at each use. `device.secret_hash` is the one in use; here are those handed out after it, of which
-- none was presented yet (retired = 0), and those whose successor was presented (retired = 1): one of these coming again is a copy.
CREATE TABLE device_token (
  account_id BLOB NOT NULL,
  device_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  retired INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, device_id, secret_hash),
  FOREIGN KEY (account_id, device_id) REFERENCES device (account_id, device_id) ON DELETE CASCADE
);

-- Where a session was made, so that ending it from afar also ends what its device may skip.
ALTER TABLE session ADD COLUMN device_id BLOB;

-- What the person said while signing in: trust this device (1), a shared computer (0), or nothing.
ALTER TABLE sign_in ADD COLUMN trust_device INTEGER;

-- A new password is asked at the next sign-in: the old one is known to somebody, or somebody thinks so.
ALTER TABLE account ADD COLUMN new_password_required INTEGER NOT NULL DEFAULT 0;
