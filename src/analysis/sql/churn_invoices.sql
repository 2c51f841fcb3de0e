-- One row per customer with an invoice that fell due after :year_ago and before :as_of, as it was known on :as_of.
--
-- customer_id
-- late_share   share of these invoices that were paid after the due day, or not at all by :as_of
select
    customer_id,
    cast(sum(case when paid <= due then 0 else 1 end) as double) / count(*) as late_share
from invoices
where issued <= :as_of and due > :year_ago and due < :as_of and amount > 0
group by customer_id
order by customer_id
