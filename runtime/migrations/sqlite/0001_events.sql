-- What happened, and nothing else is ever changed here. `body` is the event in stored form (runtime/src/event/v1.rs); the
-- columns before it say the same for the sake of queries. `digest` covers the digest before it, `sequence` and `body`.
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    run BLOB NOT NULL,
    agent TEXT NOT NULL,
    granted INTEGER,
    body TEXT NOT NULL,
    digest BLOB NOT NULL
) STRICT;

CREATE INDEX events_by_run ON events (run);
CREATE INDEX events_by_access ON events (at) WHERE granted IS NOT NULL;
CREATE INDEX events_by_denial ON events (at) WHERE granted = 0;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'an event is never changed');
END;

CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'an event is never removed');
END;

-- The contents of artifacts, each kept once. They are not in the events, which name them by digest.
CREATE TABLE contents (
    digest BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TRIGGER contents_are_not_changed BEFORE UPDATE ON contents
BEGIN
    SELECT RAISE(ABORT, 'contents are never changed');
END;

-- Listings: everything below is made from the events and can be made again.
CREATE TABLE runs (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    plugin TEXT NOT NULL,
    component BLOB NOT NULL,
    role TEXT NOT NULL,
    policy BLOB NOT NULL,
    on_behalf_of TEXT,
    actor TEXT NOT NULL,
    dir TEXT NOT NULL,
    started INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    ended INTEGER,
    outcome TEXT,
    detail TEXT,
    fuel_spent INTEGER,
    host_calls INTEGER,
    log_lines INTEGER,
    log_dropped INTEGER
) STRICT;

CREATE TABLE usage (
    agent TEXT NOT NULL,
    permission TEXT NOT NULL,
    granted INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_resource TEXT NOT NULL,
    last_granted INTEGER NOT NULL,
    PRIMARY KEY (agent, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    agent TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB,
    PRIMARY KEY (agent, key)
) STRICT;

CREATE TABLE state_sizes (
    agent TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL,
    agent TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    digest BLOB NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

CREATE INDEX artifacts_by_run ON artifacts (run);
