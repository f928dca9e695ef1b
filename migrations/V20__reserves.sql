-- The price of a request can stand reserved on the tenant's card until the landlord has answered.

alter table payments
    drop constraint payments_status_check,
    add constraint payments_status_check check (status in
        ('created', 'authorized', 'canceled', 'succeeded', 'partially_refunded', 'refunded'));
