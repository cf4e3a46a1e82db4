"""The chain payment -> books -> mail as deployed: four services in processes of their own, and who drives them."""
