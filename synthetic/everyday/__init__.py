"""A labelled set of the small and the awkward pictures that people hold in their hands, drawn kind by kind."""
