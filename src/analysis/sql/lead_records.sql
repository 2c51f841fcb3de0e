-- One row per lead, as known on the last day: columns of the table of leads, NULL where not known.
select
    lead_id, name, created, stage, qualified, advanced, won, lost, channel, sector, region, type, size, interest,
    estimated_value, salesperson, next_action, last_contact, product_interest, customer_id
from leads
order by created nulls last, lead_id nulls last
