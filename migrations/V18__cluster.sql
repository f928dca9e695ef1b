-- Who is in the cluster, by leases that this database's clock decides, and who owns a shard.

-- A start of a server. Rows of those that have ended tell who was here.
create table cluster_nodes (
    incarnation bigint generated always as identity primary key,
    name        text        not null,
    -- host:port of its cluster listener; none for a server that is alone.
    address     text,
    -- host, process and when it began, so that a predecessor that died is known for dead.
    host        text        not null,
    process     text        not null,
    version     text        not null,
    state       text        not null
                check (state in ('joining', 'active', 'draining', 'left', 'dead')),
    lease_until timestamptz not null,
    joined_at   timestamptz not null default now(),
    ended_at    timestamptz
) with (fillfactor = 50);

create unique index cluster_nodes_name on cluster_nodes (name)
    where state in ('joining', 'active', 'draining');

-- Who cannot reach whom, and since when it says so.
create table cluster_suspicions (
    suspect bigint      not null references cluster_nodes on delete cascade,
    voter   bigint      not null references cluster_nodes on delete cascade,
    at      timestamptz not null default now(),
    primary key (suspect, voter)
);

alter table shards drop column owner;
alter table shards add column owner bigint references cluster_nodes;
