-- Letters, what people want to be told, and lists of notifications in the order of time.

-- One letter to one person about one event. The text is made when it is sent: names,
-- address and links are not kept here.
create table letters (
    id           uuid        primary key,
    user_id      uuid        not null,
    template     text        not null,
    data         jsonb       not null,
    state        text        not null check (state in
        ('queued', 'sending', 'sent', 'failed', 'suppressed')),
    -- tries that were begun
    attempts     int         not null default 0,
    -- when it may be tried, and for one that is being sent, until when it is somebody's
    next_at      timestamptz not null,
    -- past it the letter says nothing that is still true
    useful_until timestamptz,
    last_error   text,
    created_at   timestamptz not null,
    sent_at      timestamptz,
    check ((state = 'sent') = (sent_at is not null))
);
create index letters_due on letters (next_at) where state in ('queued', 'sending');
create index letters_failed on letters (created_at) where state = 'failed';
create index letters_of_user on letters (user_id, created_at);

-- Nobody is written to about what happened before there was mail.
insert into consumer_offsets (consumer, stream, seq)
    select 'mail', stream, head from streams where head > 0;

-- Only what differs from the default, which the program knows.
create table notification_preferences (
    user_id    uuid        not null references users,
    category   text        not null,
    channel    text        not null,
    enabled    boolean     not null,
    updated_at timestamptz not null,
    primary key (user_id, category, channel)
);

-- Ids derive from events and have no order.
drop index notifications_of_user;
create index notifications_by_time on notifications (user_id, created_at desc, id desc);
create index notifications_unread on notifications (user_id, created_at desc, id desc)
    where read_at is null;
