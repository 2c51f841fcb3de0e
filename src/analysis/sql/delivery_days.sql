-- One row per day of order, day of arrival and kind of customer, of the deliveries ordered after :since.
--
-- ordered, delivered  dates; delivered is NULL while it is under way
-- is_best             1 for customers with net sales of at least :least after :since, 0 for others
-- deliveries          how many
-- short               of which less arrived than was ordered
-- units_ordered       units, of the deliveries of which it is known how many arrived
-- lacking_value       money of those that did not, at the mean price of their order, where that is known
with best as (
    select customer_id
    from customer_days
    where date > :since and date <= :as_of
    group by customer_id
    having sum(net_sales) >= :least
),

prices as (
    select order_id, sum(amount) as money, sum(quantity) as units
    from transactions
    where kind = 'sale' and order_id is not null and date <= :as_of
    group by order_id
    having sum(quantity) > 0
),

sent as (
    select
        deliveries.ordered,
        deliveries.delivered,
        case when best.customer_id is null then 0 else 1 end as is_best,
        case when deliveries.quantity_delivered is not null then deliveries.quantity_ordered end as units,
        greatest(deliveries.quantity_ordered - deliveries.quantity_delivered, 0) as lacking,
        cast(prices.money as double) / cast(prices.units as double) as price
    from deliveries
    left join best on best.customer_id = deliveries.customer_id
    left join prices on prices.order_id = deliveries.order_id
    where deliveries.ordered > :since
)

select
    ordered,
    delivered,
    is_best,
    count(*) as deliveries,
    sum(case when units is not null and lacking > 0 then 1 else 0 end) as short,
    sum(units) as units_ordered,
    sum(cast(case when units is not null then lacking * price end as decimal(18, 4))) as lacking_value
from sent
group by ordered, delivered, is_best
order by ordered, delivered nulls last, is_best
