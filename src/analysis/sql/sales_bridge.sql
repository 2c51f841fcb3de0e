-- One row: how gross sales become net sales, over all transactions up to :as_of.
--
-- gross_sales          money of sales before discounts
-- discounts            taken off on the sale (0 or negative)
-- returns              money of returned goods (0 or negative)
-- cancellations        money of cancelled orders (0 or negative)
-- net_sales            the sum of the four
-- cost                 cost of the goods; NULL where no cost is known
-- net_sales_with_cost  net sales of the lines whose cost is known; NULL where there is none
-- transactions         lines counted
with lines as (
    select
        kind,
        amount,
        case when kind = 'sale' then coalesce(gross_amount, amount + coalesce(discount, 0)) else 0 end as gross,
        cost
    from transactions
    where date <= :as_of
)

select
    coalesce(sum(gross), 0) as gross_sales,
    coalesce(sum(case when kind = 'sale' then amount - gross else 0 end), 0) as discounts,
    coalesce(sum(case when kind in ('return', 'refund') then amount else 0 end), 0) as returns,
    coalesce(sum(case when kind = 'cancellation' then amount else 0 end), 0) as cancellations,
    coalesce(sum(amount), 0) as net_sales,
    sum(cost) as cost,
    sum(case when cost is not null then amount end) as net_sales_with_cost,
    count(*) as transactions
from lines
