"""The model that is exported: loaded, held to the pixel contract, and wrapped."""
