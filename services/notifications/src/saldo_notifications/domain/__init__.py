"""What is true of telling people: a notice, its recipient, and what a mail server's answer means."""
