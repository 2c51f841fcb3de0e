-- One row per customer with a purchase up to :as_of: the twelve months to it, and its trend.
--
-- customer_id
-- first_purchase, last_purchase   dates
-- net_sales                       money sold in the twelve months, less returns and cancellations
-- sales_now, sales_before         money sold in the days compared, and in the same ones a year before
-- squares                         sum of the squares of what was sold on each purchase day of both
--
-- The days compared are those of the twelve months that lie more than a year after the first purchase: so
-- both periods are as long, in the same season, and neither holds the purchase that made it a customer.
with days as (
    select *, year(date) * 10000 + month(date) * 100 + day(date) as number
    from customer_days
    where date <= :as_of
),

known as (
    select
        customer_id,
        min(case when bought = 1 then date end) as first_purchase,
        max(case when bought = 1 then date end) as last_purchase,
        min(case when bought = 1 then number end) as first_number
    from days
    group by customer_id
    having max(bought) = 1
),

placed as (
    select
        days.*,
        known.first_purchase,
        known.last_purchase,
        case
            when days.number > year(cast(:as_of as date)) * 10000 + month(cast(:as_of as date)) * 100
                + day(cast(:as_of as date)) - 10000 then 1
            else 0
        end as is_last_year,
        case when days.number - 10000 > known.first_number then 1 else 0 end as can_be_now,
        case
            when
                days.number > known.first_number
                and days.number > year(cast(:as_of as date)) * 10000 + month(cast(:as_of as date)) * 100
                + day(cast(:as_of as date)) - 20000 then 1
            else 0
        end as can_be_before
    from days
    inner join known on known.customer_id = days.customer_id
)

select
    customer_id,
    first_purchase,
    last_purchase,
    sum(net_sales * is_last_year) as net_sales,
    sum(sales * is_last_year * can_be_now) as sales_now,
    sum(sales * (1 - is_last_year) * can_be_before) as sales_before,
    sum(
        cast(cast(sales as double) * cast(sales as double) as decimal(38, 4))
        * (is_last_year * can_be_now + (1 - is_last_year) * can_be_before)
    ) as squares
from placed
group by customer_id, first_purchase, last_purchase
order by customer_id
