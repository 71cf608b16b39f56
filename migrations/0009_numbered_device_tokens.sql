-- Tokens of a device are numbered and proven by a keyed hash of their number (ADR 0024), so none of them is kept. Nothing made of the random ones
-- of before could say which number they had: devices are asked for a second factor once more.
DROP TABLE device_token;
DELETE FROM device;
ALTER TABLE device DROP COLUMN secret_hash;

-- The newest token handed out; numbers begin at 1.
ALTER TABLE device ADD COLUMN tokens_issued INTEGER NOT NULL DEFAULT 0;
-- The one in use; 0 while there is none.
ALTER TABLE device ADD COLUMN token_in_use INTEGER NOT NULL DEFAULT 0;
-- Those up to here are of no use any more, but for the one in use; whoever brings one has a copy.
ALTER TABLE device ADD COLUMN tokens_retired INTEGER NOT NULL DEFAULT 0;
-- The one that was brought when the device was raised or signed out of: of no use, and no copy either, as that answer may get lost. 0 for none.
ALTER TABLE device ADD COLUMN token_forgotten INTEGER NOT NULL DEFAULT 0;
