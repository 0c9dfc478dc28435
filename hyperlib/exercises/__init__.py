"""The exercises of each lesson, declared: lesson_NN.py and nothing else.  What tries them is in hyperlib.checking."""
