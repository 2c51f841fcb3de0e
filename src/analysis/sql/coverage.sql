-- What the transactions cover: exactly one row.
-- first_date, last_date: calendar dates; customers who bought (not those who only returned) and transactions:
-- counts; net_sales: sum of amounts, in currency.
select
    min(date) as first_date,
    max(date) as last_date,
    count(distinct case when kind = 'sale' then customer_id end) as customers,
    count(*) as transactions,
    coalesce(sum(amount), 0) as net_sales
from transactions
