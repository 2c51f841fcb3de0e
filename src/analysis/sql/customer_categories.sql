-- One row per customer and category with a transaction up to :as_of.
--
-- customer_id
-- category        NULL where not known
-- net_sales       money sold in the twelve months to :as_of less returns and cancellations
-- net_sales_ever  the same since the first purchase
select
    customer_id,
    category,
    sum(
        case
            when
                year(date) * 10000 + month(date) * 100 + day(date)
                > (year(cast(:as_of as date)) - 1) * 10000
                + month(cast(:as_of as date)) * 100
                + day(cast(:as_of as date))
                then amount
            else 0
        end
    ) as net_sales,
    sum(amount) as net_sales_ever
from transactions
where date <= :as_of
group by customer_id, category
order by customer_id, category nulls last
