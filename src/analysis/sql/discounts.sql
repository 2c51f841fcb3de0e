-- One row per customer, salesperson and category with sales after :since and up to :as_of.
--
-- customer_id
-- salesperson, category   NULL where not known
-- gross_sales             money before discounts
-- discounts               money taken off (0 or negative)
with lines as (
    select
        customer_id,
        salesperson,
        category,
        amount,
        coalesce(gross_amount, amount + coalesce(discount, 0)) as gross
    from transactions
    where kind = 'sale' and date > :since and date <= :as_of
)

select
    customer_id,
    salesperson,
    category,
    sum(gross) as gross_sales,
    sum(amount - gross) as discounts
from lines
group by customer_id, salesperson, category
order by customer_id, salesperson nulls last, category nulls last
