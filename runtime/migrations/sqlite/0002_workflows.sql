-- Who works at what. Not made from events: a lease says who may append now, and its fence only grows, so that whoever held
-- it once and comes late is refused.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT,
    fence INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER fences_only_grow BEFORE UPDATE ON leases WHEN NEW.fence < OLD.fence OR NEW.name IS NOT OLD.name
BEGIN
    SELECT RAISE(ABORT, 'a fence only grows');
END;

CREATE TRIGGER fences_are_not_forgotten BEFORE DELETE ON leases
BEGIN
    SELECT RAISE(ABORT, 'a fence is never forgotten');
END;

-- Listings: everything below is made from the events and can be made again.
CREATE TABLE workflow_runs (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    plan BLOB NOT NULL,
    mode TEXT NOT NULL,
    base TEXT NOT NULL,
    branch TEXT NOT NULL,
    policy BLOB NOT NULL,
    actor TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    landed INTEGER NOT NULL,
    last INTEGER NOT NULL,
    ended_ms INTEGER,
    outcome TEXT,
    detail TEXT
) STRICT;

CREATE INDEX workflow_runs_open ON workflow_runs (sequence) WHERE ended_ms IS NULL;

CREATE TABLE workflow_tasks (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL,
    task TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    call BLOB NOT NULL,
    base TEXT NOT NULL,
    step TEXT NOT NULL,
    outcome TEXT,
    detail TEXT NOT NULL,
    output BLOB,
    made TEXT,
    council TEXT,
    decision TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    UNIQUE (run, task)
) STRICT;

CREATE INDEX workflow_tasks_by_run ON workflow_tasks (run);

CREATE TABLE workflow_requests (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL,
    task TEXT,
    request TEXT NOT NULL,
    author TEXT NOT NULL,
    shown BLOB,
    text TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    answered_ms INTEGER,
    accepted INTEGER,
    reason TEXT
) STRICT;

CREATE INDEX workflow_requests_by_run ON workflow_requests (run);
CREATE INDEX workflow_requests_open ON workflow_requests (sequence) WHERE answered_ms IS NULL;
