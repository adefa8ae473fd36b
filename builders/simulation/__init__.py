"""A made-up platform with planted rings and innocent look-alikes, for trying detectors on."""
