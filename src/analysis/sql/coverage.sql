-- What the transactions cover: exactly one row.
-- first_date, last_date: calendar dates; customers who bought (not those who only returned) and transactions:
-- counts; net_sales: sum of amounts, in currency.
select
    min(date) as first_date,
    max(date) as last_date,
    count(distinct case when bought = 1 then customer_id end) as customers,
    cast(coalesce(sum(lines), 0) as bigint) as transactions,
    coalesce(sum(net_sales), 0) as net_sales
from customer_days
