"""Scenes, a file each; demo/film/scenes/table.py lists them by name.

A scene is a function draw(stage, time_s, scene, facts): one picture of a time since the scene's beginning. It keeps
nothing, so that any picture can be drawn alone.
"""
