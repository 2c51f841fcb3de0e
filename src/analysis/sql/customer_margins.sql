-- One row per customer with sales for money whose cost is known, up to :as_of.
--
-- customer_id
-- days             purchase days with such sales
-- sales            their money, net of discounts
-- cost             their cost
-- day_margins      sum over these days of 1 - cost / sales, each between -1 and 1
-- day_squares      sum of their squares
with days as (
    select customer_id, date, sum(amount) as sales, sum(cost) as cost
    from transactions
    where kind = 'sale' and cost is not null and date <= :as_of
    group by customer_id, date
),

margins as (
    select
        customer_id,
        sales,
        cost,
        least(greatest(1 - cast(cost as double) / cast(sales as double), -1), 1) as margin
    from days
    where sales > 0
)

select
    customer_id,
    count(*) as days,
    sum(sales) as sales,
    sum(cost) as cost,
    sum(margin) as day_margins,
    sum(margin * margin) as day_squares
from margins
group by customer_id
order by customer_id
