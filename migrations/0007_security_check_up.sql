-- Suggestions of the security check-up that somebody does not want to hear for a while.
CREATE TABLE dismissed_suggestion (
  account_id BLOB NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  suggestion TEXT NOT NULL,
  dismissed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, suggestion)
);
