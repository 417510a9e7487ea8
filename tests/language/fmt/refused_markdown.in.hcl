# Title

Some *text*.
