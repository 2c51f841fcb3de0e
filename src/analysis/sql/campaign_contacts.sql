-- One row per campaign and customer it was for, contacted or left alone, up to the last day that counts.
--
-- campaign_id, kind                NULL where not known; without an id, each kind and day is a campaign
-- date                             day of the contact, the first of several; of who was left alone, that it would
--                                  have been
-- customer_id
-- treated                          1 if it was contacted, else 0
-- cost                             money it took to contact it; NULL where not known
-- last_purchase, purchase_days     up to that day: the last, NULL if there was none, and on how many days it bought
-- net_sales_before                 in the 365 days to it
-- bought                           1 if it bought in the :days days after it, else 0
with contacts as (
    select
        campaign_id,
        max(kind) as kind,
        min(date) as date,
        customer_id,
        max(case when arm = 'treated' then 1 else 0 end) as treated,
        sum(cost) as cost
    from campaigns
    group by
        campaign_id,
        case when campaign_id is null then kind end,
        case when campaign_id is null then date end,
        customer_id
),

around as (
    select
        contacts.*,
        days.date as day,
        days.bought as bought_then,
        case when days.date <= contacts.date then 1 else 0 end as is_before,
        case when days.date <= contacts.date and days.date > contacts.date - 365 then 1 else 0 end as is_year,
        case
            when days.date > contacts.date and days.date <= contacts.date + cast(:days as int) then 1 else 0
        end as is_after,
        days.net_sales as amount
    from contacts
    left join customer_days as days on days.customer_id = contacts.customer_id
)

select
    campaign_id,
    kind,
    date,
    customer_id,
    treated,
    cost,
    max(case when bought_then = 1 and is_before = 1 then day end) as last_purchase,
    cast(coalesce(sum(bought_then * is_before), 0) as bigint) as purchase_days,
    coalesce(sum(amount * is_year), 0) as net_sales_before,
    coalesce(max(bought_then * is_after), 0) as bought
from around
group by campaign_id, kind, date, customer_id, treated, cost
order by date, campaign_id nulls last, kind nulls last, customer_id nulls last
