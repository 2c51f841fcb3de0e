-- One row per value of the column :by of the sales (channel or category), of two periods, from :before_from to
-- :before_to and from :now_from to :now_to, both included.
--
-- part                                NULL where not known
-- customers_before, customers_now     customers who bought
-- net_before, net_now                 money sold less returns and cancellations
with placed as (
    select
        customer_id,
        kind,
        amount,
        case when :by = 'channel' then channel else category end as part,
        case when date between :before_from and :before_to then 1 else 0 end as before,
        case when date between :now_from and :now_to then 1 else 0 end as now
    from transactions
    where date between :before_from and :now_to
)

select
    part,
    count(distinct case when kind = 'sale' and before = 1 then customer_id end) as customers_before,
    count(distinct case when kind = 'sale' and now = 1 then customer_id end) as customers_now,
    sum(case when before = 1 then amount else 0 end) as net_before,
    sum(case when now = 1 then amount else 0 end) as net_now
from placed
group by part
order by net_now desc, part
