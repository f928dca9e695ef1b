-- In-app notifications: at most one for each event and person.

create table notifications (
    id         uuid        primary key,
    user_id    uuid        not null,
    kind       text        not null,
    data       jsonb       not null,
    created_at timestamptz not null,
    read_at    timestamptz
);
create index notifications_of_user on notifications (user_id, id);
