"""Whose lead is it, and how fast?"""
