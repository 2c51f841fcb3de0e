-- One row per customer with a transaction in one of two periods, from :before_from to :before_to and from
-- :now_from to :now_to, both included.
--
-- customer_id
-- earlier, meanwhile                purchase days before the first period, and between the two
-- purchases_before, purchases_now   purchase days in the first and in the second
-- net_before, net_now               money sold in each less returns and cancellations
-- cost_before, cost_now             cost of the goods; NULL where no cost is known
-- known_before, known_now           net sales of the lines whose cost is known
with days as (
    select
        *,
        case when date between :before_from and :before_to then 1 else 0 end as before,
        case when date >= :now_from then 1 else 0 end as now
    from customer_days
    where date <= :now_to
)

select
    customer_id,
    count(case when bought = 1 and date < :before_from then 1 end) as earlier,
    count(case when bought = 1 and date > :before_to and now = 0 then 1 end) as meanwhile,
    count(case when bought * before = 1 then 1 end) as purchases_before,
    count(case when bought * now = 1 then 1 end) as purchases_now,
    sum(case when before = 1 then net_sales else 0 end) as net_before,
    sum(case when now = 1 then net_sales else 0 end) as net_now,
    sum(case when before = 1 then cost end) as cost_before,
    sum(case when now = 1 then cost end) as cost_now,
    sum(case when before = 1 then net_sales_with_cost else 0 end) as known_before,
    sum(case when now = 1 then net_sales_with_cost else 0 end) as known_now
from days
group by customer_id
having max(before + now) = 1
order by customer_id
