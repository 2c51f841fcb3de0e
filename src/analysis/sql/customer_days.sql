-- One row per customer and day with a transaction: what queries read that need no single lines. It is made when
-- the sales are read, and kept beside them.
--
-- customer_id, date
-- bought               1 where there was a sale, 0 where there were only returns and cancellations
-- lines                transactions
-- orders               named orders whose first sale this was, and one more where a sale names no order: summed
--                      up to any day, they are the orders known by then, each counted once
-- gross_sales          money of sales before discounts
-- sales                the same less discounts
-- net_sales            the same less returns and cancellations
-- sales_with_cost      sales, and
-- net_sales_with_cost  net sales, of the lines whose cost is known
-- cost_sold            cost of the goods sold, and
-- cost                 the same less that of goods that came back; NULL where no cost is known
with by_order as (
    select
        customer_id,
        date,
        case when kind = 'sale' then order_id end as order_id,
        max(case when kind = 'sale' then 1 else 0 end) as bought,
        max(case when kind = 'sale' and order_id is null then 1 else 0 end) as without_order,
        count(*) as lines,
        sum(case when kind = 'sale' then coalesce(gross_amount, amount + coalesce(discount, 0)) else 0 end) as gross_sales,
        sum(case when kind = 'sale' then amount else 0 end) as sales,
        sum(amount) as net_sales,
        sum(case when kind = 'sale' and cost is not null then amount else 0 end) as sales_with_cost,
        sum(case when cost is not null then amount else 0 end) as net_sales_with_cost,
        sum(case when kind = 'sale' then cost end) as cost_sold,
        sum(cost) as cost
    from transactions
    group by customer_id, date, case when kind = 'sale' then order_id end
),

placed as (
    select
        *,
        case
            when order_id is not null
                and row_number() over (partition by customer_id, order_id order by date) = 1
                then 1
            else 0
        end as begun
    from by_order
)

select
    customer_id,
    date,
    max(bought) as bought,
    cast(sum(lines) as bigint) as lines,
    cast(sum(begun) + max(without_order) as bigint) as orders,
    sum(gross_sales) as gross_sales,
    sum(sales) as sales,
    sum(net_sales) as net_sales,
    sum(sales_with_cost) as sales_with_cost,
    sum(net_sales_with_cost) as net_sales_with_cost,
    sum(cost_sold) as cost_sold,
    sum(cost) as cost
from placed
group by customer_id, date
order by customer_id, date
