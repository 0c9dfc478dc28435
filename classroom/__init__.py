"""For teachers: what nbgrader needs to grade the course fairly.  No lesson uses it; see the README beside this file."""
