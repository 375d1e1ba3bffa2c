// The agreement of the demo: an example of the text that people read in the portal before they accept it. It is no legal advice.
export const agreementText = `# Data Processing Agreement

Between NovaTrade24 ("the provider") and the company that calls its API ("the partner"). Version 2026-01.

## 1. What is processed

The partner receives data about orders, sellers and buyers through the API:

- names and postal addresses of buyers
- contents and values of orders
- results of identity checks, if the partner has the capability for them

## 2. What it may be used for

The partner uses the data to deliver and to account for orders, and for nothing else. It does not combine them with data from other
sources, and does not use them to train models.

## 3. Security

1. Each backend has a client of its own, and keeps its secret where only that backend can read it.
2. A secret that was seen by others is reported to the provider at once, which revokes it. The partner replaces it in the portal.
3. Secrets are replaced at least every 90 days.
4. Access to stored data is limited to people who need it, and is recorded.

## 4. Processors

The provider hosts its systems in Germany and Norway. The list of processors is at
[novatrade24.example/processors](https://novatrade24.example/processors). A new one is announced 30 days before it begins.

## 5. Incidents

The partner reports an incident that concerns this data within 24 hours to [security@novatrade24.example](mailto:security@novatrade24.example),
with what is known by then.

## 6. Deletion

Data that is not needed any more is deleted within 30 days. When the contract ends, all of it is deleted, and the partner confirms that in
writing.

## 7. Duration

The agreement is valid from its acceptance until a later version is accepted, or until the contract ends.
`
