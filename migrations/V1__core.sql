-- What the write path stands on: shards and their owners, the event log, the records of
-- commands, durable timers, and how far consumers have come.

create extension if not exists btree_gist;

-- Facts that are written once and checked at every start.
create table facts (
    name  text primary key,
    value text not null
);
insert into facts values ('shards', '256'), ('edge_streams', '16');
-- Tells this database from every other: what is derived from it names it.
insert into facts values ('identity', gen_random_uuid()::text);

-- Who owns a shard. The epoch goes up with every change of owner, and every batch is
-- fenced by it.
create table shards (
    id    int    primary key,
    owner text   not null default '',
    epoch bigint not null default 0
) with (fillfactor = 50);
insert into shards (id) select generate_series(0, 255);

-- The number of the last event in each stream: one a shard, then the edge streams.
create table streams (
    stream int    primary key,
    head   bigint not null default 0
) with (fillfactor = 50);
insert into streams (stream) select generate_series(0, 255 + 16);

-- The append-only event log.
create table events (
    stream      int         not null,
    seq         bigint      not null,
    type        text        not null,
    version     smallint    not null,
    key         uuid        not null,
    occurred_at timestamptz not null,
    actor       text        not null,
    causation   uuid        not null,
    data        jsonb       not null,
    primary key (stream, seq, occurred_at)
) partition by range (occurred_at);
create table events_rest partition of events default;

-- Commands that had an effect, kept for 48 hours: a retry is answered from here.
create table commands (
    request_id  uuid        primary key,
    fingerprint bytea       not null,
    entity      uuid        not null,
    -- json and not jsonb, here and in timers: it is only ever read whole
    outcome     json        not null,
    at          timestamptz not null
);
create index commands_of_entity on commands (entity, at);
create index commands_by_age on commands using brin (at);

-- Durable timers. The owner of the shard sends the command when it is due.
create table timers (
    id       uuid        primary key,
    shard    int         not null,
    entity   uuid        not null,
    fire_at  timestamptz not null,
    command  json        not null,
    fired_at timestamptz
);
create index timers_due on timers (shard, fire_at) where fired_at is null;

-- How far each consumer has come in each stream.
create table consumer_offsets (
    consumer text   not null,
    stream   int    not null,
    seq      bigint not null,
    primary key (consumer, stream)
) with (fillfactor = 50);

-- Raises when a statement did less than it must: a stale version, a moved stream.
create function must(holds boolean, what text) returns void language plpgsql as $$
begin
    if not coalesce(holds, false) then
        raise exception '%', what using errcode = 'P0001';
    end if;
end $$;
