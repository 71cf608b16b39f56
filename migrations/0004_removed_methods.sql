-- Removed methods are swept away by age; without this the sweep would read every method there is.
CREATE INDEX authenticator_removed ON authenticator (removed_at);
