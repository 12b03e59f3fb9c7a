-- Listings of what agents do on the board that they share. Everything here is made from the events and can be made again.
CREATE TABLE board_tasks (
    sequence INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    description BLOB NOT NULL,
    task_type TEXT,
    role TEXT,
    priority INTEGER NOT NULL,
    parent INTEGER,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    creator TEXT NOT NULL,
    holder TEXT,
    output BLOB,
    workflow INTEGER
) STRICT;

CREATE INDEX board_tasks_open ON board_tasks (sequence) WHERE state NOT IN ('success', 'failed', 'cancelled');
CREATE INDEX board_tasks_held ON board_tasks (holder) WHERE state = 'running';
CREATE INDEX board_tasks_by_state ON board_tasks (state);
CREATE INDEX board_tasks_by_parent ON board_tasks (parent) WHERE parent IS NOT NULL;
CREATE INDEX board_tasks_by_workflow ON board_tasks (workflow) WHERE workflow IS NOT NULL;

CREATE TABLE board_needs (
    task INTEGER NOT NULL,
    need INTEGER NOT NULL,
    PRIMARY KEY (task, need)
) STRICT, WITHOUT ROWID;

CREATE INDEX board_needs_by_need ON board_needs (need);

CREATE TABLE board_messages (
    sequence INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    agent TEXT NOT NULL,
    body BLOB NOT NULL,
    reply_to INTEGER
) STRICT;

CREATE INDEX board_messages_by_topic ON board_messages (topic);

CREATE TABLE board_knowledge (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE board_decisions (
    sequence INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    title TEXT NOT NULL,
    body BLOB NOT NULL,
    quorum INTEGER NOT NULL,
    threshold_percent INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;

CREATE TABLE board_voters (
    decision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (decision, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE board_votes (
    sequence INTEGER PRIMARY KEY,
    decision INTEGER NOT NULL,
    agent TEXT NOT NULL,
    vote TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (decision, agent)
) STRICT;

CREATE TABLE board_workflows (
    sequence INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    agent TEXT NOT NULL,
    wanted INTEGER
) STRICT;

CREATE INDEX board_workflows_wanted ON board_workflows (wanted) WHERE wanted IS NOT NULL;

CREATE TABLE board_status (
    agent TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
