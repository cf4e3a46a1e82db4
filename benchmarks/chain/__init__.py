"""The chain payment -> books -> mail as it is deployed: four services in processes of their own, and who drives them."""
