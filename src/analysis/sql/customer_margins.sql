-- One row per customer with sales for money whose cost is known, up to :as_of.
--
-- customer_id
-- days             purchase days with such sales
-- sales            their money, net of discounts
-- cost             their cost
-- day_margins      sum over these days of 1 - cost / sales, each between -1 and 1
-- day_squares      sum of their squares
--
-- These margins are decimals, since a sum of doubles depends on the order in which they are added.
with days as (
    select
        customer_id,
        sales_with_cost as sales,
        cost_sold as cost,
        cast(
            least(greatest(1 - cast(cost_sold as double) / cast(sales_with_cost as double), -1), 1) as decimal(9, 8)
        ) as margin
    from customer_days
    where date <= :as_of and cost_sold is not null and sales_with_cost > 0
)

select
    customer_id,
    count(*) as days,
    sum(sales) as sales,
    sum(cost) as cost,
    sum(margin) as day_margins,
    sum(margin * margin) as day_squares
from days
group by customer_id
order by customer_id
