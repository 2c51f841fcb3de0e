-- One row per lead that became a customer who had not bought before it came in, and has bought since.
--
-- won               day it became a customer
-- estimated_value   what it was thought to buy in a year, money; NULL where not known
-- first_year        its net sales from that day on until a year later, up to :as_of
select leads.lead_id, leads.won, leads.estimated_value, sum(customer_days.net_sales) as first_year
from leads
inner join customer_days on customer_days.customer_id = leads.customer_id
where customer_days.date < make_date(year(leads.won) + 1, month(leads.won), least(day(leads.won), 28))
    and customer_days.date <= :as_of
group by leads.lead_id, leads.customer_id, leads.created, leads.won, leads.estimated_value
having min(customer_days.date) >= leads.created
order by leads.won, leads.lead_id nulls last
