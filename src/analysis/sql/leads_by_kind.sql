-- One row per kind of lead that is neither won nor lost.
--
-- type, sector, region, size   NULL where not known
-- leads                        how many there are
select
    type,
    sector,
    region,
    size,
    count(*) as leads
from leads
where stage not in ('customer', 'lost') and won is null and lost is null
group by type, sector, region, size
order by type, sector, region, size
