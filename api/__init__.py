"""How the outside reaches in: the web application, the command line and the servers it brings along."""
