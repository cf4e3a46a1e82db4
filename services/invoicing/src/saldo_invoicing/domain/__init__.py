"""What is true of money owed: accounts, documents, taxes, the ledger, due dates and dunning."""
