-- One row per customer of the table of customers.
--
-- customer_id
-- name, type, sector, region, size, salesperson, acquisition_channel   NULL where not known
-- acquisition_cost, potential                                          money; NULL where not known
-- service_cost                                                         money a year; NULL where not known
-- consent                                                              yes or no; NULL where not known
select
    customer_id,
    name,
    type,
    sector,
    region,
    size,
    salesperson,
    acquisition_channel,
    acquisition_cost,
    potential,
    service_cost,
    consent
from customers
order by customer_id
