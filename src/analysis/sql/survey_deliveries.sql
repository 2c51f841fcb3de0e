-- One row per day of order, up to :as_of, of each customer who ever answered a survey.
--
-- customer_id, ordered
-- delivered  the day on which all of it had arrived; NULL while some of it is under way
with answered as (
    select distinct customer_id
    from surveys
),

orders as (
    select order_id, min(customer_id) as customer_id
    from transactions
    where order_id is not null
    group by order_id
),

sent as (
    select
        coalesce(deliveries.customer_id, orders.customer_id) as customer_id,
        deliveries.ordered,
        deliveries.delivered
    from deliveries
    left join orders on orders.order_id = deliveries.order_id
    where deliveries.ordered <= :as_of
)

select
    sent.customer_id,
    sent.ordered,
    case when count(sent.delivered) = count(*) then max(sent.delivered) end as delivered
from sent
inner join answered on answered.customer_id = sent.customer_id
group by sent.customer_id, sent.ordered
order by sent.customer_id, sent.ordered
