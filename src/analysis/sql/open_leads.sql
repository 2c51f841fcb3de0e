-- One row per qualified lead that is neither won nor lost: a prospect or a potential customer.
--
-- lead_id
-- salesperson, sector, channel   NULL where not known
-- estimated_value                what it would buy in a year, money; NULL where not known
select lead_id, salesperson, sector, channel, estimated_value
from leads
where stage in ('prospect', 'potential') and won is null and lost is null
order by lead_id nulls last, estimated_value nulls last
