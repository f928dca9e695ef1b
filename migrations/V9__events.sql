-- What went wrong with events, and what operators do about it.

-- Below this number a stream's events may have been dropped: see `events.retention_days`.
alter table streams add column floor bigint not null default 0;

-- Events that a consumer failed at, and the later ones of their keys, which wait behind
-- them. A parked event is behind its consumer's cursor.
create table parked_events (
    consumer text        not null,
    stream   int         not null,
    seq      bigint      not null,
    key      uuid        not null,
    type     text        not null,
    attempts int         not null,
    next_at  timestamptz not null,
    first_at timestamptz not null,
    error    text        not null,
    primary key (consumer, stream, seq)
);
create index parked_events_by_key on parked_events (consumer, stream, key, seq);

-- Events that were tried often enough. Their keys go on without them.
create table dead_letters (
    id         uuid        primary key,
    consumer   text        not null,
    stream     int         not null,
    seq        bigint      not null,
    key        uuid        not null,
    type       text        not null,
    error      text        not null,
    attempts   int         not null,
    first_at   timestamptz not null,
    dead_at    timestamptz not null,
    state      text        not null check (state in ('open', 'retried', 'discarded')),
    changed_at timestamptz not null,
    unique (consumer, stream, seq)
);
create index dead_letters_open on dead_letters (consumer, id) where state = 'open';

-- Events that a consumer is given again. What it has not come to yet is not replayed.
create table replays (
    id         uuid        primary key,
    consumer   text        not null,
    from_at    timestamptz,
    to_at      timestamptz,
    stream     int,
    from_seq   bigint,
    to_seq     bigint,
    key        uuid,
    type       text,
    state      text        not null check (state in ('running', 'done', 'stopped')),
    -- The last event that was looked at.
    at_stream  int         not null default -1,
    at_seq     bigint      not null default 0,
    scanned    bigint      not null default 0,
    applied    bigint      not null default 0,
    failed     bigint      not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index replays_running on replays (id) where state = 'running';

-- What jobs did.
create table job_runs (
    job        text        not null,
    schedule   text        not null,
    started_at timestamptz not null,
    ended_at   timestamptz not null,
    rows       bigint,
    error      text,
    primary key (job, started_at)
);

-- Finds the events of a key or a cause in a log that is only ever appended to: a sketch of
-- each block of pages, which costs the writers next to nothing.
create index events_by_key on events using brin (key uuid_bloom_ops, causation uuid_bloom_ops)
    with (pages_per_range = 32, autosummarize = on);
