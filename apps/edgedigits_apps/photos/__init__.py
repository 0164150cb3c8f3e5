"""What `edgedigits read` takes and gives: pictures from files, folders and the network; rows, JSON, CSV and crops."""
