-- One row per customer with two or more repeat purchase days with sales for money, up to :as_of.
--
-- The day of the first purchase is left out, as it is of repeat_value in customers.sql.
--
-- customer_id
-- days          repeat purchase days with sales for money
-- sales         their money, net of discounts
-- squares       sum over these days of the square of their money
with days as (
    select customer_id, date, cast(sum(amount) as double) as sales
    from transactions
    where kind = 'sale' and date <= :as_of
    group by customer_id, date
),

ranked as (
    select customer_id, sales, row_number() over (partition by customer_id order by date) as place
    from days
)

select
    customer_id,
    count(*) as days,
    sum(sales) as sales,
    sum(sales * sales) as squares
from ranked
where place > 1 and sales > 0
group by customer_id
having count(*) > 1
order by customer_id
