-- One row per part of the market.
--
-- segment
-- size      possible customers; NULL where not known
-- share     share of the market, in percent or as a fraction; NULL where not known
select segment, size, share
from market
order by segment nulls last
